"""A job without bookmarks."""


class Job:
    def __init__(self, glue_context):
        self.glue_context = glue_context

    def init(self, name, args=None):
        self.name = name

    def commit(self):
        pass
