"""Tests of voiceapp: one package per room, plus fakes and contract suites."""
