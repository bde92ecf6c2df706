"""``make bench``: this assistant and stock Rasa, measured in the same run."""
