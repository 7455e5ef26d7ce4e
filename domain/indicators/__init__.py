"""The indicators of quality and timeliness as data: normative values and targets, dated."""
