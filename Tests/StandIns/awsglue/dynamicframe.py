"""A frame that only carries a data frame."""


class DynamicFrame:
    def __init__(self, frame, glue_context, name):
        self.frame, self.glue_context, self.name = frame, glue_context, name

    @classmethod
    def fromDF(cls, frame, glue_context, name):
        return cls(frame, glue_context, name)

    def toDF(self):
        return self.frame

    def count(self):
        return self.frame.count()
