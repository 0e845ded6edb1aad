"""The gallery as a grid, and versions as a row: one model, one way of drawing, drag out of the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QDrag, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from voiceapp.core.images import StoredImage
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.theme import Theme
from voiceapp.gui.thumbnails import Thumbnails

THUMB_PX = QSize(92, 60)
GAP_PX = 6
CAPTION_PX = 20
IMAGE_ROLE = Qt.ItemDataRole.UserRole
CAPTION_ROLE = Qt.ItemDataRole.UserRole + 1
BATCH_IMAGES = 100
"""So many are laid out at once; a thousand take longer than a frame."""

Index = QModelIndex | QPersistentModelIndex


def tr(text: str) -> str:
    """Translate."""
    return QCoreApplication.translate("ImageGrid", text)


def mime_for(image: StoredImage) -> QMimeData:
    """Return *image* as other programs take it: the file."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(image.path)])
    return mime


class ImageModel(QAbstractListModel):
    """Pictures in the order of the list; knows their captions, and repaints those whose small picture has come."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images: list[StoredImage] = []
        self._captions: Sequence[str] = ()
        self._thumbnails = thumbnails
        thumbnails.came.connect(self._on_came)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.images)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        image = self.images[index.row()]
        if role == IMAGE_ROLE:
            return image
        if role == CAPTION_ROLE:
            return self._captions[index.row()] if self._captions else ""
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            held = tr("Kept from view: {found}.").format(found=image.held) if image.held else ""
            words = f"{image.prompt}\n{held}".strip()
            return plain_tip(words) if role == Qt.ItemDataRole.ToolTipRole else words
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        mime = QMimeData()
        images = (self.images[index.row()] for index in indexes)
        mime.setUrls([QUrl.fromLocalFile(image.path) for image in images if not image.held])
        return mime

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def show(self, images: Sequence[StoredImage], captions: Sequence[str] = ()) -> None:
        """Show other pictures."""
        self.beginResetModel()
        self.images, self._captions = list(images), captions
        self.endResetModel()

    def put_first(self, image: StoredImage) -> None:
        """Add the newest picture."""
        self.beginInsertRows(QModelIndex(), 0, 0)
        self.images.insert(0, image)
        self.endInsertRows()

    def change(self, image: StoredImage) -> None:
        """Show what became known of a picture."""
        if (row := self.row(image.id)) is not None:
            self.images[row] = image
            self.dataChanged.emit(self.index(row), self.index(row))

    def remove(self, image_id: int) -> None:
        """Take a picture out."""
        if (row := self.row(image_id)) is not None:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self.images[row]
            self.endRemoveRows()

    def row(self, image_id: int) -> int | None:
        """Return where a picture is."""
        return next((row for row, image in enumerate(self.images) if image.id == image_id), None)

    def _on_came(self, paths: set[str]) -> None:
        for row, image in enumerate(self.images):
            if image.path in paths:
                self.dataChanged.emit(self.index(row), self.index(row))


class ThumbDelegate(QStyledItemDelegate):
    """A rounded small picture; the current one in a ring of ink."""

    def __init__(self, theme: Theme, thumbnails: Thumbnails, *, has_captions: bool = False) -> None:
        super().__init__()
        self._theme, self._thumbnails, self._has_captions = theme, thumbnails, has_captions

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return cell_size(has_captions=self._has_captions)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        image: StoredImage = index.data(IMAGE_ROLE)
        box = QRectF(area.left() + GAP_PX / 2, area.top() + GAP_PX / 2, THUMB_PX.width(), THUMB_PX.height())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(box, 4, 4)
        pixmap = None if image.held else self._thumbnails.get(image.path)
        if pixmap is None:
            painter.fillPath(shape, self._theme.color("hover"))
            icon = "shield-check" if image.held else "image" if self._thumbnails.is_broken(image.path) else ""
            if icon:
                place = QRectF(box.center().x() - 10, box.center().y() - 10, 20, 20)
                self._theme.paint_icon(painter, place, icon, "ink2" if image.held else "ink3")
        else:
            painter.setClipPath(shape)
            painter.drawPixmap(box, pixmap, QRectF(pixmap.rect()))
            painter.setClipping(False)
        is_current = bool(state & QStyle.StateFlag.State_Selected)
        painter.setPen(QPen(self._theme.color("ink" if is_current else "line"), 2 if is_current else 1))
        painter.drawRoundedRect(box.adjusted(-2.5, -2.5, 2.5, 2.5) if is_current else box, 6 if is_current else 4, 6)
        caption = index.data(CAPTION_ROLE)
        if caption:
            painter.setFont(self._theme.font(12, 600 if is_current else 400))
            painter.setPen(self._theme.color("ink" if is_current else "ink2"))
            painter.drawText(box.translated(0, THUMB_PX.height() + 4), Qt.AlignmentFlag.AlignLeft, caption)
        painter.restore()


def cell_size(*, has_captions: bool) -> QSize:
    """Return the room of one picture with the gap around it."""
    height = THUMB_PX.height() + GAP_PX + (CAPTION_PX if has_captions else 0)
    return QSize(THUMB_PX.width() + GAP_PX, height)


class ImageGrid(QListView):
    """A grid, or with *is_row* one row with captions.

    Attributes:
        chosen: the id of a picture that was clicked or reached by keys.
        opened: the id of one that is to be seen large.
        menu_wanted: id and place on the screen for a context menu.
    """

    chosen = Signal(int)
    opened = Signal(int)
    menu_wanted = Signal(int, object)

    def __init__(self, theme: Theme, thumbnails: Thumbnails, *, is_row: bool = False) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self.pictures = ImageModel(thumbnails, self)
        self.setModel(self.pictures)
        self._delegate = ThumbDelegate(theme, thumbnails, has_captions=is_row)
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QListView { background: transparent; }")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Fixed if is_row else QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(BATCH_IMAGES)
        self.setGridSize(cell_size(has_captions=is_row))
        self.setWrapping(not is_row)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(THUMB_PX.height() // 2)
        policy = Qt.ScrollBarPolicy
        if is_row:
            self.setVerticalScrollBarPolicy(policy.ScrollBarAlwaysOff)
            self.setFixedHeight(cell_size(has_captions=True).height() + 12)
        else:
            self.setHorizontalScrollBarPolicy(policy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu)
        self.clicked.connect(lambda index: self.chosen.emit(index.data(IMAGE_ROLE).id))
        self.activated.connect(lambda index: self.opened.emit(index.data(IMAGE_ROLE).id))
        theme.changed.connect(self.viewport().update)

    def show_current(self, image_id: int | None) -> None:
        """Ring the current picture and bring it into sight."""
        row = None if image_id is None else self.pictures.row(image_id)
        if row is None:
            self.clearSelection()
            return
        index = self.pictures.index(row)
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        index = self.currentIndex()
        if not index.isValid():
            return
        image: StoredImage = index.data(IMAGE_ROLE)
        if image.held:
            return
        drag = QDrag(self)
        drag.setMimeData(mime_for(image))
        if (pixmap := self._thumbnails.get(image.path)) is not None:
            drag.setPixmap(pixmap)
        drag.exec(Qt.DropAction.CopyAction)

    def _on_menu(self, place: Any) -> None:
        index = self.indexAt(place)
        if index.isValid():
            self.menu_wanted.emit(index.data(IMAGE_ROLE).id, self.viewport().mapToGlobal(place))
