"""Sound: which microphone and loudspeaker, whether they work, and how the microphone is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from voiceapp.core import commands as c
from voiceapp.core.audio import SILENCE_DB, Level
from voiceapp.core.events import (
    DevicesChanged,
    Event,
    InputLevel,
    OutputLevel,
    SessionReady,
    TestProgress,
)
from voiceapp.core.settings import Settings
from voiceapp.gui.settings_page import SettingsPage, note, side_by_side
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme

LOWEST_DB = -60.0


class LevelBar(QWidget):
    """How loud it is now: a bar from -60 dB to 0 dB, with the figure."""

    def __init__(self, theme: Theme, color: str, name: str) -> None:
        super().__init__()
        self._theme, self._color = theme, color
        self._level = Level()
        self.setFixedHeight(24)
        self.setAccessibleName(name)

    def sizeHint(self) -> QSize:
        return QSize(240, 24)

    def set_level(self, level: Level) -> None:
        self._level = level
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(0, 8, self.width() - 72, 8)
        painter.setBrush(self._theme.color("hover"))
        painter.drawRoundedRect(track, 4, 4)
        share = min(1.0, max(0.0, 1.0 - self._level.peak_db / LOWEST_DB))
        if share > 0:
            painter.setBrush(self._theme.color("problem" if self._level.is_clipped else self._color))
            painter.drawRoundedRect(QRectF(0, 8, max(8.0, track.width() * share), 8), 4, 4)
        painter.setPen(self._theme.color("ink3"))
        painter.setFont(self._theme.font(12))
        words = "" if self._level.peak_db <= SILENCE_DB else f"{self._level.peak_db:.0f} dB".replace("-", "−")
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)


class SoundPage(SettingsPage):
    """Devices by name, a test of both directions, the warm microphone."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Sound")
        self.title = self.tr("Sound")
        self.input, self.output = QComboBox(), QComboBox()
        devices = self.section()
        devices.row(self.tr("Microphone"), self.input)
        devices.row(self.tr("Loudspeaker"), self.output)
        self.refresh = IconTextButton(theme, "refresh-cw", self.tr("Look again"))
        self.refresh.clicked.connect(lambda: self.wanted.emit(c.RefreshDevices()))
        self.column.addWidget(self.refresh, 0, Qt.AlignmentFlag.AlignLeft)
        self._make_test()
        panel = self.section(self.tr("How it listens"))
        self.warm = QCheckBox(self.tr("Keep the microphone open between turns"))
        panel.row(
            self.tr("Warm microphone"),
            self.warm,
            self.tr(
                "Your first syllable is never cut off: the 300 ms before you press are in the recording. "
                "The system shows the microphone as in use all the time. Nothing is stored until you press."
            ),
        )
        self.start_sound = QCheckBox(self.tr("A short sound when the microphone really listens"))
        panel.row(self.tr("Start sound"), self.start_sound)
        self.input.activated.connect(self._apply)
        self.output.activated.connect(self._apply)
        self.warm.toggled.connect(self._apply)
        self.start_sound.toggled.connect(self._apply)
        self.know("device", "headset", "pre-roll", "echo", "level", "test")

    def _make_test(self) -> None:
        panel = self.section(self.tr("Try it"))
        self.say = IconTextButton(self.theme, "mic", self.tr("Say something"))
        self.hear = IconTextButton(self.theme, "volume-2", self.tr("Hear something"))
        for button in (self.say, self.hear):
            button.setFixedWidth(168)
        self.say.clicked.connect(lambda: self.wanted.emit(c.TestDevices("hear")))
        self.hear.clicked.connect(lambda: self.wanted.emit(c.TestDevices("say")))
        self.in_level = LevelBar(self.theme, "youFill", self.tr("Microphone level"))
        self.out_level = LevelBar(self.theme, "itFill", self.tr("Loudspeaker level"))
        panel.row(self.tr("Microphone"), side_by_side(self.say, self.in_level, has_stretch=False))
        panel.row(self.tr("Loudspeaker"), side_by_side(self.hear, self.out_level, has_stretch=False))
        self.progress = note(self.tr("Three seconds are recorded and played back to you."))
        self.column.addWidget(self.progress)

    def show_settings(self, settings: Settings) -> None:
        super().show_settings(settings)
        with QSignalBlocker(self.warm), QSignalBlocker(self.start_sound):
            self.warm.setChecked(settings.is_microphone_warm)
            self.start_sound.setChecked(settings.is_start_sound)
        self._fill(self.input, self._names(self.input), settings.input_device)
        self._fill(self.output, self._names(self.output), settings.output_device)

    def handle(self, event: Event) -> None:
        match event:
            case SessionReady(devices=devices) | DevicesChanged(devices):
                self._fill(self.input, devices.inputs, self.settings.input_device)
                self._fill(self.output, devices.outputs, self.settings.output_device)
            case InputLevel(level):
                self.in_level.set_level(level)
            case OutputLevel(level):
                self.out_level.set_level(level)
            case TestProgress(stage, text):
                self.progress.setText(text)
                is_over = stage in ("done", "failed")
                self.say.setEnabled(is_over)
                self.hear.setEnabled(is_over)
                if is_over:
                    self.in_level.set_level(Level())
                    self.out_level.set_level(Level())
            case _:
                pass

    @staticmethod
    def _names(box: QComboBox) -> list[str]:
        return [name for index in range(box.count()) if (name := box.itemData(index))]

    def _fill(self, box: QComboBox, names: Sequence[str], chosen: str) -> None:
        with QSignalBlocker(box):
            box.clear()
            box.addItem(self.tr("The system's default"), "")
            for name in names:
                box.addItem(name, name)
            if chosen and box.findData(chosen) < 0:
                box.addItem(self.tr("{name} (not connected)").format(name=chosen), chosen)
            box.setCurrentIndex(max(0, box.findData(chosen)))

    def _apply(self) -> None:
        self.offer(
            replace(
                self.settings,
                input_device=str(self.input.currentData() or ""),
                output_device=str(self.output.currentData() or ""),
                is_microphone_warm=self.warm.isChecked(),
                is_start_sound=self.start_sound.isChecked(),
            )
        )
