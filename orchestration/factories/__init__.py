"""From a catalogue of another package to definitions: new entries need no Python here."""
