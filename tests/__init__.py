"""One thread of torch for each process of tests: where two wait for each other's cores, they wait by spinning."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
