"""Random answers at byte level through every way of sending; `tests/fuzz.sh` runs it."""
