"""DASH presentations: followed at their origin, joined with sessions into MPDs."""
