"""Offline training: data, features, XGBoost and encoder, MLflow, and the artefact that the Lambda layer carries."""
