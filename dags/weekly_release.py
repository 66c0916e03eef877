"""The weekly release as an Airflow DAG, made from config/services.yaml."""

from pathlib import Path

from release_ops.assembly.release_dag import release_dag

dag = release_dag("weekly_release", Path(__file__).resolve().parents[1] / "config" / "services.yaml")
