"""Anomaly detection: which operation made the first NaN or infinity (`watch`), and what helps (`cures`)."""

from autograd.anomaly.watch import AnomalyError, detect_anomaly

__all__ = ["AnomalyError", "detect_anomaly"]
