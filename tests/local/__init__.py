"""The engines of this computer, beyond what every engine must do."""
