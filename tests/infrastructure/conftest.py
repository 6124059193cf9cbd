from functools import cache

import pytest

from tests.infrastructure.sam import Template

stage = cache(Template.of_stage)


@pytest.fixture
def template(request):
    """The template of the stage that a test names, or of production."""
    return stage(getattr(request, "param", "prod"))
