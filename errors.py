"""The one exception that a user should read instead of a traceback."""


class InputError(Exception):
    """Something the user gave cannot be used: one line that says what, where, and what to do.

    The commands print the line on stderr and exit with code 2. Anything else that is raised is a bug.
    """
