"""What the tests of the checks share."""

import pytest
import torch


@pytest.fixture
def one_thread():
    """Work on one thread: sums come in one order, and idle threads take no time from other jobs."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
