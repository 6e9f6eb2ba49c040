"""Text in all scripts: cleaned, itemised by font, ordered (UAX #9), fitted into a box, drawn."""
