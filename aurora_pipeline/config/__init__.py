"""chains.yaml, providers.yaml and the environment, as frozen models that were checked together.

Belongs here: checking what the operator configures, closed lists of words, what a family is (config/families/).
Does not: what people decide and record (registry/, agreements/); asking a provider whether it is there (sources/).
"""

from aurora_pipeline.config.chain import Chain, DatedBps
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.file_table import FileColumn, FileTable
from aurora_pipeline.config.letterhead import Letterhead, Paper
from aurora_pipeline.config.loading import load_configuration
from aurora_pipeline.config.problems import ConfigurationError, did_you_mean
from aurora_pipeline.config.provider import Provider, RateLimit, Retries, Timeouts
from aurora_pipeline.config.report import ProviderRow, RoleRow, config_report, provider_report
from aurora_pipeline.config.vocabulary import ROLES, CostType, DataType, PeriodType

__all__ = [
    "ROLES",
    "Chain",
    "Configuration",
    "ConfigurationError",
    "CostType",
    "DataType",
    "DatedBps",
    "Family",
    "FileColumn",
    "FileTable",
    "Letterhead",
    "Paper",
    "PeriodType",
    "Problem",
    "Provider",
    "ProviderRow",
    "RateLimit",
    "Retries",
    "RoleRow",
    "Timeouts",
    "config_report",
    "did_you_mean",
    "load_configuration",
    "provider_report",
]
