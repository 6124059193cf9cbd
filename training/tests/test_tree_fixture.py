"""The hand-built trees that the unit tests of `chartcode.trees` read, which have no onnx to build them.

``python -m training.tests.test_tree_fixture`` writes them again.
"""

from pathlib import Path

from onnx import TensorProto, helper

FIXTURE = Path(__file__).parents[2] / "tests" / "unit" / "chartcode" / "tree.onnx"


def build() -> bytes:
    """Return one tree: first feature below 0.5 (or missing) -> log-odds -1, else 2."""
    tree = helper.make_node(
        "TreeEnsembleClassifier",
        ["features"],
        ["label", "probabilities"],
        domain="ai.onnx.ml",
        nodes_treeids=[0, 0, 0],
        nodes_nodeids=[0, 1, 2],
        nodes_featureids=[0, 0, 0],
        nodes_modes=["BRANCH_LT", "LEAF", "LEAF"],
        nodes_values=[0.5, 0.0, 0.0],
        nodes_truenodeids=[1, 0, 0],
        nodes_falsenodeids=[2, 0, 0],
        nodes_missing_value_tracks_true=[1, 0, 0],
        class_treeids=[0, 0],
        class_nodeids=[1, 2],
        class_ids=[0, 0],
        class_weights=[-1.0, 2.0],
        classlabels_int64s=[0, 1],
        post_transform="LOGISTIC",
    )
    graph = helper.make_graph(
        [tree],
        "tree",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 2])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
    )
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 1)]
    model: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    return model


def test_the_committed_trees_are_the_ones_built_here():
    assert FIXTURE.read_bytes() == build()


if __name__ == "__main__":
    FIXTURE.write_bytes(build())
