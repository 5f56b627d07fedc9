"""The cases of the reliability catalogue at the suite's scale; full counts: bench/campaign.py."""
