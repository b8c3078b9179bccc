"""Reads a job's arguments."""

import argparse


class GlueArgumentError(Exception):
    """A job was called without an argument that it asks for."""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise GlueArgumentError(message)


def getResolvedOptions(args, options):
    """The values of the named options, each required; `args` is `sys.argv`."""
    parser = _Parser(add_help=False)
    for option in options:
        parser.add_argument("--" + option, required=True)
    known, _ = parser.parse_known_args(args[1:])
    return {**vars(known), "job_bookmark_option": "job-bookmark-disable"}
