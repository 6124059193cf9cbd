"""Reviews and metrics."""

from __future__ import annotations

from reviews.measures import ChapterShare, CodeMeasures, Metrics, MetricsQuery, ModelMeasures
from reviews.messages import (
    Decision,
    Export,
    Review,
    ReviewAccepted,
    ReviewList,
    ReviewRequest,
    ReviewsQuery,
    Span,
)
from reviews.training_drift import TrainingDrift

from api.openapi.codes import MODEL
from api.openapi.parts import Section, answer, body, operation, query

_CREATED = "2026-11-24T10:41:27.000Z"
_ID = "0123456789abcdef0123456789abcdef"
_REQUEST = ReviewRequest(
    note_id="visit-1",
    reviewer="ann",
    model_version=MODEL.version,
    decisions=[
        Decision(code="I10", action="accept", probability=0.97, route="auto", evidence=[Span(begin=62, end=84)]),
        Decision(code="E11.9", action="replace", replacement="E11.65", reason="Hyperglycemia is documented"),
    ],
)
_REVIEW = Review(
    review_id=_ID,
    created=_CREATED,
    note_id=_REQUEST.note_id,
    reviewer=_REQUEST.reviewer,
    model_version=MODEL.version,
    decisions=_REQUEST.decisions,
)
_EXPORT = Export(notes=1, url="https://BUCKET.s3.us-east-1.amazonaws.com/KEY?X-Amz-Signature=...")
_METRICS = Metrics(
    days=30,
    reviewed=40,
    accepted=90,
    rejected=6,
    replaced=4,
    added=5,
    acceptance=0.9,
    by_code=[
        CodeMeasures(
            code="I10",
            description="Essential (primary) hypertension",
            accepted=19,
            rejected=1,
            replaced=0,
            precision=0.95,
        )
    ],
    by_model=[ModelMeasures(model_version=MODEL.version, reviewed=40, acceptance=0.9)],
    batches=3,
    notes=420,
    codes=1300,
    auto_rate=0.62,
    code_mix=[
        ChapterShare(
            chapter="Diseases of the circulatory system (I00-I99)", share=0.24, reference_share=0.22, training_share=0.2
        )
    ],
    drift=0.02,
    training_drift=TrainingDrift(
        billed=0.31,
        mentioned=0.28,
        characters=1.12,
        entities=0.57,
        unknown_words=0.74,
        sources={"synthetic encounters": 400},
        batches=3,
        auto_rate=0.6,
    ),
    model_version=MODEL.version,
    code_set_release=MODEL.code_set_release,
    mlflow_url="https://mlflow.example.org",
)
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9-]{1,255}$"},
    "description": "A review is counted once for each key; without one, if it differs from the note's latest review",
}
_REVIEWS, _METRICS_TAG = "Reviews", "Metrics"


def section() -> Section:
    """Return this part of the document."""
    accepted = answer(ReviewAccepted(review_id=_ID, created=_CREATED, decisions=2), "It is recorded")
    note_id = query(ReviewsQuery)
    note_id[0]["example"] = _REQUEST.note_id
    paths = {
        "/v1/reviews": {
            "post": operation(
                "createReview",
                "Record the review of a note",
                _REVIEWS,
                {"201": accepted},
                [400, 413, 415, 422],
                requestBody=body(_REQUEST),
                parameters=[_KEY],
            ),
            "get": operation(
                "listReviews",
                "List the reviews of a note",
                _REVIEWS,
                {"200": answer(ReviewList(reviews=[_REVIEW]), "The newest 100, newest first")},
                [422],
                parameters=note_id,
            ),
        },
        "/v1/reviews/exports": {
            "post": operation(
                "createExport",
                "Export reviewed notes as training data",
                _REVIEWS,
                {"201": answer(_EXPORT, "A link to JSON Lines")},
                description=(
                    "The codes after the latest review of each note whose text was sent: "
                    '`{"id", "text", "codes", "evidence_sentences": [{"code", "text"}]}` a line.'
                ),
            )
        },
        "/v1/metrics": {
            "get": operation(
                "getMetrics",
                "How the model does",
                _METRICS_TAG,
                {"200": answer(_METRICS, "Reviews and batches of the last days")},
                [422],
                parameters=query(MetricsQuery),
            )
        },
    }
    return Section(paths, (ReviewRequest,), (ReviewAccepted, ReviewList, Export, Metrics))
