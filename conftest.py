"""What holds for every test, the notebooks' kernels included: they inherit this process's environment."""

import os

from hypothesis import settings

os.environ["EMBEDDING_LAYER_PROGRESS"] = "off"  # no bars in outputs that are compared
os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # the tests run side by side: more threads would wait for each other

settings.register_profile("book", deadline=None)  # a busy machine is no failure
settings.load_profile("book")
