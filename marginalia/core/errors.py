"""What a user should read instead of a traceback, and the exit code that goes with it."""

ANEW = "train anew with --overwrite, or remove the folder"


def in_words(error: OSError) -> str:
    """Which file, and what is wrong with it."""
    return f"{error.filename or 'a file'}: {error.strerror or error}"


class MessageForUserError(Exception):
    """The commands print its text as one line on stderr and exit with its code. Anything else raised is a bug."""

    exit_code: int


class InputError(MessageForUserError):
    """Something the user gave cannot be used: what, where, and what to do."""

    exit_code = 2


class OneRankError(InputError):
    """As InputError, of an input that only this one of several processes has seen."""


class OtherRankError(InputError):
    """Another process stopped, and this one cannot go on without it."""


class RunsFailedError(MessageForUserError):
    """Some of several runs failed and the others are done."""

    exit_code = 1


class StoppedError(MessageForUserError):
    """The user pressed Ctrl-C; 130 is what a shell gives for it."""

    exit_code = 130
