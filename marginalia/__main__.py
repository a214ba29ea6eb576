"""python -m marginalia train|draw|faces …"""

from marginalia.cli.command_line import run_command
from marginalia.cli.group import marginalia

if __name__ == "__main__":
    run_command(marginalia)
