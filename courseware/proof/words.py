"""The source text of the nodes of a syntax tree, and tables of what is easily written in place of what."""

import ast


class Words:
    """The text of a cell.

    Parameters
    ----------
    cell : str
        The source that the nodes come from.
    """

    def __init__(self, cell: str) -> None:
        self.cell = cell
        self.lines = cell.split("\n")

    def raw(self, node: ast.AST) -> str:
        """Return the text of a node as it is written."""
        start, end = self.span(node)
        return self.cell[start:end]

    def text(self, node: ast.AST) -> str:
        """Return the text of a node, in parentheses where the precedence of operators requires them."""
        whole = ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript | ast.List | ast.ListComp
        return self.raw(node) if isinstance(node, whole) else f"({self.raw(node)})"

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where the text of a node begins and ends."""
        return self._place(node.lineno, node.col_offset), self._place(node.end_lineno, node.end_col_offset)

    def _place(self, line: int, column: int) -> int:
        before = sum(len(one) + 1 for one in self.lines[: line - 1])
        return before + len(self.lines[line - 1].encode()[:column].decode())  # columns are counted in bytes


ARITHMETIC = {
    ast.Add: ("+", ("-", "*")),
    ast.Sub: ("-", ("+", "*")),
    ast.Mult: ("*", ("/", "+")),
    ast.Div: ("/", ("*", "-")),
    ast.FloorDiv: ("//", ("/", "%")),
    ast.Mod: ("%", ("//",)),
    ast.Pow: ("**", ("*",)),
    ast.MatMult: ("@", ("*",)),
    ast.BitAnd: ("&", ("|",)),
    ast.BitOr: ("|", ("&",)),
}
COMPARISON = {
    ast.Lt: ("<=", ">", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<", "!="),
    ast.GtE: (">", "<="),
    ast.Eq: ("!=", "<=", ">="),
    ast.NotEq: ("==", ">", "<"),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
}
# Functions, methods and classes: name -> what may be written in its place.
NAMES = {
    "sum": ("mean",),
    "mean": ("sum", "median"),
    "median": ("mean",),
    "std": ("var",),
    "min": ("max",),
    "max": ("min",),
    "argmax": ("argmin",),
    "maximum": ("minimum",),
    "clamp_min": ("clamp_max",),
    "any": ("all",),
    "all": ("any",),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",),
    "rint": ("floor", "ceil"),
    "round": ("int",),
    "sort": ("array",),
    "sorted": ("list",),
    "reversed": ("list",),
    "set": ("list",),
    "permutation": ("sort",),
    "square": ("abs",),
    "abs": ("square", "real"),
    "log": ("log10", "exp"),
    "log10": ("log",),
    "exp": ("log",),
    "softmax": ("log_softmax",),
    "log_softmax": ("softmax",),
    "sigmoid": ("tanh",),
    "relu": ("sigmoid", "leaky_relu"),
    "leaky_relu": ("relu",),
    "ReLU": ("LeakyReLU",),
    "PReLU": ("LeakyReLU",),
    "BatchNorm2d": ("InstanceNorm2d",),
    "max_pool2d": ("avg_pool2d",),
    "l1_loss": ("mse_loss",),
    "mse_loss": ("l1_loss",),
    "binary_cross_entropy_with_logits": ("binary_cross_entropy",),
    "train": ("eval",),
    "deepcopy": ("copy",),
    "fft2": ("ifft2",),
    "ifft2": ("fft2",),
    "fftshift": ("ifftshift",),
    "ifftshift": ("fftshift",),
    "normal": ("uniform",),
    "distance_transform_edt": ("distance_transform_cdt",),
}
TEXTS = {
    "left": "right",
    "right": "left",
    "bilinear": "nearest",
    "bicubic": "bilinear",
    "recall": "precision",
    "precision": "recall",
    "f1": "specificity",
    "specificity": "f1",
}
# Modules: what stands before the dot is no value.
MODULES = ("np", "torch", "F", "nn", "ndimage", "copy")
