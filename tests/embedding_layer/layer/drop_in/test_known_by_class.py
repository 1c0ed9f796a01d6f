"""Code that asks for the class `nn.Embedding`: what it does with the layer; the recipe of the docstring."""

import time
from datetime import timedelta

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing
from torch import nn
from torch.ao.quantization import float_qparams_weight_only_qconfig, quantize_dynamic
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Replicate
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.nn.parallel import DistributedDataParallel

from embedding_layer.layer import CustomEmbedding, embedding

V, D = 4, 2
BATCHES = torch.tensor([[0, 1], [1, 1]]), torch.tensor([[1, 2], [2, 3]])  # one for each process


def reduced(layer, rank):
    """Return the gradient after `DistributedDataParallel` has averaged it over the processes."""
    model = DistributedDataParallel(nn.Sequential(layer))
    model(BATCHES[rank]).sum().backward()
    return layer.weight.grad


def data_parallel(rank):
    for cls in (nn.Embedding, CustomEmbedding):
        gradient = reduced(cls(V, D, sparse=True), rank)
        assert gradient.is_sparse
        assert gradient.to_dense()[:, 0].tolist() == [0.5, 2, 1, 0.5]
    padded = reduced(
        CustomEmbedding.from_pretrained(torch.ones(V, D), freeze=False, sparse=True, padding_idx=1), rank
    )
    assert padded.to_dense()[:, 0].tolist() == [0.5, 0, 1, 0.5]
    assert reduced(CustomEmbedding(V, D), rank)[:, 0].tolist() == [0.5, 2, 1, 0.5]


class Unknown(nn.Module):
    """A layer with sparse gradients that does not say that it is an nn.Embedding."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(V, D))

    def forward(self, ids):
        return embedding(ids, self.weight, sparse=True)


def data_parallel_refuses(rank):
    with pytest.raises(NotImplementedError):  # if this is mended some day, chapter 6 can be, too
        reduced(Unknown(), rank)


def tensor_parallel(rank):
    mesh = init_device_mesh("cpu", (2,))
    for style in (ColwiseParallel, RowwiseParallel):
        plan = {"0": style(input_layouts=Replicate(), output_layouts=Replicate())}
        table = torch.arange(V * D).view(V, D).float()
        model = nn.Sequential(CustomEmbedding.from_pretrained(table.clone(), freeze=False))
        vectors = parallelize_module(model, mesh, plan)(BATCHES[0])
        assert torch.equal(vectors, table[BATCHES[0]])
        vectors.sum().backward()
        assert model[0].weight.grad.full_tensor()[:, 0].tolist() == [1, 3, 0, 0]


def work(rank, folder):
    meeting, patience = f"file://{folder}/meeting", timedelta(seconds=60)
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2, timeout=patience)
    try:
        data_parallel(rank)
        tensor_parallel(rank)
        data_parallel_refuses(rank)  # the last, because it leaves a reduction half done
    finally:
        dist.destroy_process_group()


@pytest.mark.skipif(not dist.is_available() or not dist.is_gloo_available(), reason="PyTorch without gloo")
def test_two_processes_share_the_work(tmp_path):
    spawned = torch.multiprocessing.spawn(work, (tmp_path,), nprocs=2, join=False)
    end = time.monotonic() + 120
    try:
        while not spawned.join(timeout=1):  # raises what a process has raised
            assert time.monotonic() < end, "the processes wait for each other"
    finally:
        for process in spawned.processes:
            process.kill()
            process.join()


def test_a_start_for_every_table_of_a_model_reaches_ours():
    """It is the usual function of models' authors, handed to `apply`."""

    def start(module):
        if isinstance(module, nn.Embedding):
            nn.init.constant_(module.weight, 0.5)
            module._fill_padding_idx_with_zero()

    (layer,) = nn.Sequential(CustomEmbedding(V, D, padding_idx=1)).apply(start)
    assert layer.weight[:, 0].tolist() == [0.5, 0, 0.5, 0.5]


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*quantize_per_channel.*are deprecated:UserWarning")
def test_quantisation_takes_nn_embedding_for_which_the_table_is_handed_over():
    how = {nn.Embedding: float_qparams_weight_only_qconfig}
    layer = CustomEmbedding(V, 8)
    left = quantize_dynamic(nn.Sequential(layer), how, dtype=torch.quint8)
    assert type(left[0]) is CustomEmbedding
    handed_over = nn.Embedding.from_pretrained(layer.weight.detach(), padding_idx=layer.padding_idx)
    model = quantize_dynamic(nn.Sequential(handed_over), how, dtype=torch.quint8)
    assert type(model[0]) is not nn.Embedding
    largest_step = (layer.weight.max(1).values - layer.weight.min(1).values).max().item() / 255
    torch.testing.assert_close(model(BATCHES[0]), layer(BATCHES[0]).detach(), atol=largest_step, rtol=0)
