"""A desktop voice assistant: hold a key, speak, hear the answer."""

import os

# numpy's BLAS would start a thread per core at import: 27 ms and idle threads for sums that take microseconds here
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
