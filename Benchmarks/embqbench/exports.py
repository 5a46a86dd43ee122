"""ONNX models of checkpoints that were released without one."""
import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import load_file

from .program import Failure


def transplant(export, source, target, output):
    """Writes PyTorch's ONNX export of the checkpoint `source` with the weights of `target` in their place.

    Both are the same architecture in the same sizes, but for the classes. A weight is found by its name or, where the
    exporter folded constants, by its values: a transposed matrix, or the product of two λ vectors.
    """
    model = onnx.load(str(export))
    old, new = _tensors(source), _tensors(target)
    for initializer in model.graph.initializer:
        values = numpy_helper.to_array(initializer)
        name = initializer.name if initializer.name in old else _equal(values, old)
        if name is None:
            raise Failure(f"{export}: no tensor of {source} has the values of '{initializer.name}'")
        if new[name].shape[1:] != values.shape[1:]:
            raise Failure(f"{target}: '{name}' is {list(new[name].shape)}, in {export} {list(values.shape)}")
        initializer.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(new[name]), initializer.name))
    model.graph.output[0].type.tensor_type.shape.dim[-1].dim_value = len(new["classifier.bias"])
    onnx.checker.check_model(model)
    onnx.save(model, str(output))


def _tensors(checkpoint):
    """The tensors of a checkpoint, and what an exporter folds them into."""
    tensors = load_file(checkpoint / "model.safetensors")
    folded = {f"{name}, transposed": values.T for name, values in tensors.items() if values.ndim == 2}
    for name, values in tensors.items():
        if ".lambda_q" in name:
            folded[f"{name}, times k"] = values * tensors[name.replace(".lambda_q", ".lambda_k")]
    return tensors | folded


def _equal(values, tensors):
    return next((name for name, other in tensors.items() if np.array_equal(values, other)), None)
