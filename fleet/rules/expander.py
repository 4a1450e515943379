"""Binds the templates of `fleet.rules.template` to what all rules have in common: external labels and URL."""

from collections.abc import Mapping

from fleet.promql.labels import Labels
from fleet.rules.template import TemplateData, expand
from fleet.rules.texts import Ask, ExpandNamed


def expander(external_labels: Mapping[str, str], external_url: str) -> ExpandNamed:
    """Expands templates of rules: `$labels`, `$value`, `$externalLabels`, `$externalURL`. The name is the alert's."""
    outside = dict(external_labels)

    def expanded(name: str, text: str, sample: Labels, value: float, ask: Ask) -> str:
        data = TemplateData(
            labels=sample.as_dict(), external_labels=outside, external_url=external_url, value=value, name=name
        )
        return expand(text, data, ask)

    return expanded
