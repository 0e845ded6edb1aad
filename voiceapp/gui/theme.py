"""The look: colours by name, fonts by size, icons by colour; light and dark.

One :class:`Theme` is made by ``app`` and handed to every widget. A widget that paints asks it at paint time, and every
window is painted anew when the look changes; regions built from Qt's own parts are dressed by ``gui.dress``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from string import Template

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QToolTip

from voiceapp.gui.assets import assets_dir, icon_svg

TEXT_FAMILY = "Inter"
DISPLAY_FAMILY = "Inter Display"
MONO_FAMILY = "JetBrains Mono"
DISPLAY_FROM_PX = 20
_FALLBACKS = ["Noto Sans", "Segoe UI", "Helvetica Neue", "DejaVu Sans"]
_MONO_FALLBACKS = ["DejaVu Sans Mono", "Consolas", "Menlo"]
_ICON_SCALES = (1, 2, 3)
_RULE = re.compile(r"^[^/\s][^{]*\{[^}]*\}\n?", re.MULTILINE)


@cache
def tokens(scheme: str) -> Mapping[str, str]:
    """Return the colours of *scheme*, "light" or "dark", by name as "#RRGGBB"."""
    look = json.loads((assets_dir() / "look.json").read_text(encoding="utf-8"))
    return dict(look[scheme])


def load_fonts() -> None:
    """Make the program's own fonts known to Qt. Needs a QGuiApplication."""
    for file in sorted((assets_dir() / "fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(file))


class Theme(QObject):
    """Colours, fonts and icons of the look in force.

    Args:
        app: is given the palette and the font.
        choice: "system", "light" or "dark", as in the settings.
        is_motion_reduced: nothing travels or slides; colours switch at once.

    Attributes:
        changed: another look is in force.
        scheme: its name, "light" or "dark".
    """

    changed = Signal()

    def __init__(self, app: QApplication, choice: str = "system", *, is_motion_reduced: bool = False) -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        self._palettes: dict[tuple[str, str], QPalette] = {}
        self.is_motion_reduced = is_motion_reduced or _system_reduces_motion(app)
        load_fonts()
        app.setStyle("Fusion")
        self._apply()
        app.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    @property
    def is_dark(self) -> bool:
        """Whether the dark look is in force."""
        return self.scheme == "dark"

    def set_choice(self, choice: str) -> None:
        """Follow the "system", or be "light" or "dark" whatever it says."""
        if choice == self._choice:
            return
        self._choice = choice
        self._change()

    # --- colours ------------------------------------------------------------------------------------------

    def css(self, name: str) -> str:
        """Return token *name* as "#RRGGBB"."""
        return tokens(self.scheme)[name]

    def color(self, name: str) -> QColor:
        """Return token *name* ("you", "canvas", …)."""
        return QColor(_color(self.scheme, name))

    def palette(self, ink: str) -> QPalette:
        """Return what a text is dyed with that is written in token *ink* on whatever is behind it."""
        key = (self.scheme, ink)
        if key not in self._palettes:
            self._palettes[key] = palette = self._palette()
            for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText):
                palette.setColor(role, self.color(ink))
            palette.setColor(QPalette.ColorRole.Highlight, self.color("youSoft"))
            palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        return self._palettes[key]

    # --- type ---------------------------------------------------------------------------------------------

    def font(
        self,
        size_px: int = 13,
        weight: int = 400,
        *,
        is_mono: bool = False,
        is_italic: bool = False,
        is_tabular: bool = False,
    ) -> QFont:
        """Return the interface's font at *size_px*: Inter, from 20 px Inter Display, or JetBrains Mono.

        *is_tabular*: figures of one width, so that running seconds do not make their neighbours tremble; not for
        names, whose hyphens Inter widens as well.
        """
        return QFont(_font(size_px, weight, is_mono, is_italic, is_tabular))

    # --- icons --------------------------------------------------------------------------------------------

    def paint_icon(self, painter: QPainter, rect: QRectF, name: str, color: str) -> None:
        """Draw icon *name* in token *color* into *rect*, sharp at any scale."""
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        painter.drawPixmap(rect, self.pixmap(name, color, round(rect.width()), ratio), QRectF())

    def pixmap(self, name: str, color: str, size_px: int = 20, ratio: float = 1.0) -> QPixmap:
        """Return icon *name* in token *color*, *size_px* logical pixels wide for a screen of *ratio*."""
        key = (name, self.css(color), size_px, ratio)
        if (kept := self._pixmaps.get(key)) is not None:
            return kept
        svg = icon_svg(name).replace("currentColor", self.css(color))
        pixmap = QPixmap(round(size_px * ratio), round(size_px * ratio))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(QByteArray(svg.encode())).render(painter)
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        self._pixmaps[key] = pixmap
        return pixmap

    def icon(self, name: str, color: str = "ink2", size_px: int = 20) -> QIcon:
        """Return icon *name* for a Qt button or menu; ask again when :attr:`changed` is emitted."""
        icon = QIcon()
        for ratio in _ICON_SCALES:
            icon.addPixmap(self.pixmap(name, color, size_px, float(ratio)))
        return icon

    # --- dressing the application -------------------------------------------------------------------------

    def _on_system_changed(self) -> None:
        if self._choice == "system":
            self._change()

    def _change(self) -> None:
        self._apply()
        self.changed.emit()
        for window in self._app.topLevelWidgets():
            window.update()

    def _apply(self) -> None:
        is_dark = self._choice == "dark"
        if self._choice == "system":
            is_dark = self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        self.scheme = "dark" if is_dark else "light"
        self._app.setFont(self.font())
        self._app.setPalette(palette := self._palette())
        QToolTip.setFont(self.font(12))
        QToolTip.setPalette(palette)

    def _palette(self) -> QPalette:
        role, palette = QPalette.ColorRole, QPalette()
        for group_role, name in (
            (role.Window, "canvas"),
            (role.WindowText, "ink"),
            (role.Base, "raised"),
            (role.AlternateBase, "sunken"),
            (role.Text, "ink"),
            (role.Button, "raised"),
            (role.ButtonText, "ink"),
            (role.BrightText, "problem"),
            (role.Highlight, "hover"),
            (role.HighlightedText, "ink"),
            (role.PlaceholderText, "ink3"),
            (role.Link, "you"),
            (role.ToolTipBase, "ink"),
            (role.ToolTipText, "onInk"),
            (role.Mid, "line"),
        ):
            palette.setColor(group_role, self.color(name))
        for group_role in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, group_role, self.color("ink3"))
        return palette

    def style_sheet(self, kind: str = "") -> str:
        """Return how Qt's own parts look, or those of *kind*; for ``gui.dress``, never for the application."""
        return _style_sheet(self.scheme, kind)


@cache
def _color(scheme: str, name: str) -> QColor:
    return QColor(tokens(scheme)[name])


@cache
def _font(size_px: int, weight: int, is_mono: bool, is_italic: bool, is_tabular: bool) -> QFont:
    font = QFont()
    if is_mono:
        font.setFamilies([MONO_FAMILY, *_MONO_FALLBACKS])
    else:
        font.setFamilies([DISPLAY_FAMILY if size_px >= DISPLAY_FROM_PX else TEXT_FAMILY, *_FALLBACKS])
        if is_tabular:
            font.setFeature(QFont.Tag("tnum"), 1)
    font.setPixelSize(size_px)
    font.setWeight(QFont.Weight(weight))
    font.setItalic(is_italic)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


@cache
def _style_sheet(scheme: str, kind: str) -> str:
    folder = assets_dir()
    marks = {name: (folder / "marks" / f"{name}-{scheme}.svg").as_posix() for name in ("chevron", "check")}
    template = (folder / "look.qss").read_text(encoding="utf-8")
    rules = [rule for rule in _RULE.findall(template) if rule[0] == "*" or kind in rule.partition("{")[0]]
    return Template("".join(rules)).substitute(tokens(scheme), **marks)


def _system_reduces_motion(app: QApplication) -> bool:
    """Ask the system, where this Qt can: newer ones carry the preference in their accessibility hints."""
    style = app.styleHints()
    hints = getattr(style, "accessibility", lambda: None)()
    try:
        preference = getattr(hints, "motionPreference", lambda: None)()
    except RuntimeError:  # seen with PySide6 6.12: the hints that it hands out may be gone already
        return False
    return getattr(preference, "name", "") == "ReducedMotion"
