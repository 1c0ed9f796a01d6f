"""What the chapters' tests share."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def own_style():
    """Let no test change how the next one draws: cells of chapters run in here, and call `use_style`."""
    with plt.rc_context():
        yield
