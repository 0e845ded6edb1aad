"""What every implementation of a port must do, written once and run for fakes and real adapters alike."""
