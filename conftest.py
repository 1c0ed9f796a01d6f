"""What holds for every test, the notebooks' kernels included: they inherit this process's environment."""

import os

os.environ["EMBEDDING_LAYER_PROGRESS"] = "off"  # no bars in outputs that are compared
os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # the tests run side by side: more threads would wait for each other
