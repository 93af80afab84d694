"""What a student need not see in the feedback, and what must not be there."""

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor


class TidyFeedback(NbGraderPreprocessor):
    """Drop the bare number under a graded cell, and tracebacks there, which quote the hidden call."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, cell_index: int
    ) -> tuple[NotebookNode, dict]:
        """Tidy one cell; the points stand in its heading anyway."""
        if cell.cell_type == "code" and utils.is_grade(cell):
            cell.outputs = [output for output in cell.outputs if output.output_type != "execute_result"]
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources
