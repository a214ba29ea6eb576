"""Redraws what was trained before, in seconds and without torch: movies, slides, comparisons.

python create_gif.py --lossname CosFace_v1 --layout slide --theme dark
"""

from marginalia.cli.command_line import run_command
from marginalia.cli.draw import draw

if __name__ == "__main__":
    run_command(draw)
