"""Landmarks, alignment, training, evaluation and t-SNE of faces.

python faces.py --help

`import faces` finds the folder beside this file, which Python prefers; so nothing but the command may stand here.
"""

from command_line import run_command
from faces.commands import faces

if __name__ == "__main__":
    run_command(faces)
