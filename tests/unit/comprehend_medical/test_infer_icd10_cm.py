import json

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from comprehend_medical import app, entities
from comprehend_medical.errors import ServiceError

from chartcode.result import Entity, ModelInfo, NoteResult, RankedCode

NOTE = (
    "HPI: 😀 Patient has fever, denies chest pain. Mother had breast cancer.\n"
    "Physical exam: abdominal tenderness.\n"
    "Assessment: Acute kidney injury. Possible gout.\n"
)
CANARY = "XQ7CANARYZ9"


def entity(code, section="assessment", traits=(), text="mention"):
    codes = (RankedCode(code=code, description="words", probability=0.5),)
    return Entity(begin=10, end=10 + len(text), text=text, section=section, traits=traits, codes=codes)


def converted(*found):
    model = ModelInfo(version="2026.4.1", code_set="ICD-10-CM", code_set_release="2026-04-01")
    return entities.response(NoteResult(codes=(), entities=found, model=model))["Entities"]


def traits(*arguments, **named):
    return [trait["Name"] for trait in converted(entity(*arguments, **named))[0]["Traits"]]


def test_a_note_has_the_shape_of_the_service(client, check_shape):
    answer = client.infer_icd10_cm(Text=NOTE)
    check_shape("InferICD10CM")
    assert "PaginationToken" not in answer
    assert answer["ModelVersion"]
    by_text = {found["Text"]: found for found in answer["Entities"]}
    for found in answer["Entities"]:
        assert NOTE[found["BeginOffset"] : found["EndOffset"]] == found["Text"]
        assert 1 <= len(found["ICD10CMConcepts"]) <= 5
        scores = [concept["Score"] for concept in found["ICD10CMConcepts"]]
        assert scores == sorted(scores, reverse=True)
        assert found["Score"] == scores[0]
    assert by_text["fever"]["ICD10CMConcepts"][0]["Code"] == "R50.9"
    assert by_text["fever"]["ICD10CMConcepts"][0]["Description"] == "Fever, unspecified"
    assert [trait["Name"] for trait in by_text["chest pain"]["Traits"]] == ["NEGATION", "SYMPTOM"]
    assert [trait["Name"] for trait in by_text["breast cancer"]["Traits"]] == ["PERTAINS_TO_FAMILY", "DIAGNOSIS"]


def test_signs_symptoms_and_diagnoses():
    assert traits("R50.9", "history_of_present_illness") == ["SYMPTOM"]
    assert traits("R50.9", "physical_exam") == ["SIGN"]
    assert traits("R73.9", "assessment") == ["SIGN"]  # abnormal findings of tests
    assert traits("M54.50", "chief_complaint") == ["SYMPTOM"]  # back pain
    assert traits("I10", "physical_exam") == ["DIAGNOSIS"]
    assert traits("Z79.4") == []
    assert traits("W19.XXXA") == []


def test_assertions_are_traits_and_the_past_has_none():
    asserted = ("NEGATION", "LOW_CONFIDENCE", "HYPOTHETICAL", "HISTORICAL")
    assert traits("I10", traits=asserted) == ["NEGATION", "HYPOTHETICAL", "LOW_CONFIDENCE", "DIAGNOSIS"]


def test_attributes_are_words_of_the_mention():
    first, second = converted(entity("N18.30", text="Chronic kidney disease, stage 3"), entity("M25.561"))
    found = [(each["Id"], each["Type"], each["Text"], each["BeginOffset"]) for each in first["Attributes"]]
    assert found == [(1, "ACUITY", "Chronic", 10), (2, "QUALITY", "stage 3", 34)]
    assert (first["Id"], second["Id"], second["Attributes"]) == (0, 3, [])
    (side,) = converted(entity("M25.561", text="pain of the right knee"))[0]["Attributes"]
    assert (side["Type"], side["RelationshipType"], side["EndOffset"]) == ("DIRECTION", "OVERLAP", 27)


def test_no_words_are_no_entities(client, check_shape):
    assert client.infer_icd10_cm(Text="12 / 34")["Entities"] == []
    check_shape("InferICD10CM")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (CANARY * 20_000, "TextSizeLimitExceededException"),
        (CANARY + "\ud83d", "InvalidEncodingException"),
        (CANARY + "\x00", "InvalidRequestException"),
        ("", "InvalidRequestException"),
        (None, "InvalidRequestException"),
    ],
)
def test_errors_become_exceptions_of_boto3(client, service, text, name):
    with pytest.raises(getattr(client.exceptions, name)) as raised:
        client.infer_icd10_cm(**({} if text is None else {"Text": text}))
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert raised.value.response["Error"]["Message"]
    assert service.answers[-1]["headers"]["x-amzn-ErrorType"] == name
    assert CANARY not in service.answers[-1]["body"]


def test_an_operation_that_is_not_here(client):
    with pytest.raises(client.exceptions.ClientError, match="InferICD10CM") as raised:
        client.detect_entities_v2(Text="Gout.")
    assert raised.value.response["Error"]["Code"] == "UnknownOperationException"


def test_an_error_of_ours_says_nothing_of_the_note(client, service, monkeypatch, caplog, capsys):
    def fail(_text):
        raise ValueError(CANARY)

    monkeypatch.setattr(app.coder, "code", fail)
    with pytest.raises(client.exceptions.InternalServerException):
        client.infer_icd10_cm(Text=CANARY)
    assert service.answers[-1]["statusCode"] == 500
    assert CANARY not in json.dumps(service.answers) + caplog.text + "".join(capsys.readouterr())


def test_what_lies_behind_is_named_as_aws_names_it():
    busy = ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem")
    assert ServiceError.of(busy).name == "TooManyRequestsException"
    assert ServiceError.of(busy).status == 429
    gone = ServiceError.of(EndpointConnectionError(endpoint_url="https://states"))
    assert (gone.name, gone.status) == ("ServiceUnavailableException", 503)


def test_a_call_is_entered_in_the_audit_trail_with_its_access_key_and_codes(client):
    found = client.infer_icd10_cm(Text="Assessment: Gout of Zebra Smith. No fever.")["Entities"]
    (entry,) = boto3.resource("dynamodb").Table("audit").scan()["Items"]
    assert (entry["action"], entry["principal"]) == ("InferICD10CM", "access-key:chartcode")
    assert entry["codes"] == [entity["ICD10CMConcepts"][0]["Code"] for entity in found]
    assert len(entry["codes"]) == 2
    assert "Zebra" not in str(entry)
