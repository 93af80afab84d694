"""The upload area: files are sent in chunks, and a file over the limits is refused before it is sent."""

from collections.abc import Callable
from pathlib import Path

import anywidget

from demo.inbox import Inbox, Received
from demo.limits import UploadError

HERE = Path(__file__).parent


class Uploader(anywidget.AnyWidget):
    """Receive files from the browser into an inbox.

    Parameters
    ----------
    inbox : Inbox
    begins : callable
        Called before each batch of files that were chosen or dropped together.
    take : callable
        Called with each received file; may raise UploadError.
    refuse : callable
        Called with the error message of each refused file.
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
        """Answer the browser: "more" asks for the next chunk, "done" and "refused" end a file."""
        kind, answer = message.get("kind"), "more"
        try:
            if kind == "batch":
                self._begins()
            elif kind == "begin":
                self._inbox.begin(str(message.get("name")), int(message.get("size", 0)))
            elif kind == "chunk":
                self._inbox.append(bytes(buffers[0]))
            elif kind == "end":
                answer = "done"
                self._take(self._inbox.finish())
        except UploadError as error:
            self._inbox.abort()
            answer = "refused"
            self._refuse(str(error))
        except Exception as error:  # whatever a broken file raises is shown to the visitor
            self._inbox.abort()
            answer = "refused"
            self._refuse(f"the file could not be read ({type(error).__name__}): is it damaged?")
        self.send({"kind": answer})
