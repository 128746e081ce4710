"""Tests of the whole Space, as visitors use it, on the emulated GPU."""

import pytest
from gradio_client.exceptions import AppError


def test_answers_a_visitor(visitor):
    assert visitor("free:ada").predict("Ada", api_name="/quick") == pytest.approx(1.1485, abs=0.001)


def test_refuses_an_empty_name_before_any_gpu_is_asked_for(visitor):
    with pytest.raises(AppError, match="Say who you are"):
        visitor("free:bob").predict("  ", api_name="/quick")


def test_a_long_call_is_more_than_an_anonymous_visitor_has(visitor):
    with pytest.raises(AppError, match="(?i)quota|duration"):
        visitor("anonymous").predict("Ada", api_name="/thorough")


def test_a_long_call_is_fine_for_pro(visitor):
    assert visitor("pro:lin").predict("Ada", api_name="/thorough") > 0
