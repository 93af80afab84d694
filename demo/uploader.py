"""A place to drop files: they come in pieces, and what is too much is refused before it is sent."""

from collections.abc import Callable
from pathlib import Path

import anywidget

from demo.inbox import Inbox, Received
from demo.limits import UploadError

HERE = Path(__file__).parent


class Uploader(anywidget.AnyWidget):
    """Bring files from the browser into an inbox.

    Parameters
    ----------
    inbox : Inbox
    begins : callable
        Is called before the files of one choice or drop come.
    take : callable
        Is given each file; may raise UploadError.
    refuse : callable
        Is given the line of each refusal.
    """

    _esm = (HERE / "uploader.js").read_text(encoding="utf-8")

    def __init__(
        self,
        inbox: Inbox,
        begins: Callable[[], None],
        take: Callable[[Received], None],
        refuse: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._inbox, self._begins, self._take, self._refuse = inbox, begins, take, refuse
        self.on_msg(self._hear)

    def _hear(self, _: object, message: dict, buffers: list) -> None:
        """Answer the page: "more" asks for the next piece, "done" and "refused" end a file."""
        kind, answer = message.get("kind"), "more"
        try:
            if kind == "batch":
                self._begins()
            elif kind == "begin":
                self._inbox.begin(str(message.get("name")), int(message.get("size", 0)))
            elif kind == "piece":
                self._inbox.append(bytes(buffers[0]))
            elif kind == "end":
                answer = "done"
                self._take(self._inbox.finish())
        except UploadError as error:
            self._inbox.abort()
            answer = "refused"
            self._refuse(str(error))
        except Exception as error:  # whatever a strange file raises belongs on the screen, not into a log
            self._inbox.abort()
            answer = "refused"
            self._refuse(f"the file could not be read ({type(error).__name__}): is it sound?")
        self.send({"kind": answer})
