"""Trains an encoder with a 2-D embedding under a margin-softmax loss and draws what it learns as GIFs.

python main.py --lossname CosFace_v1
"""

from marginalia.cli.command_line import run_command
from marginalia.cli.train import train

if __name__ == "__main__":
    run_command(train)
