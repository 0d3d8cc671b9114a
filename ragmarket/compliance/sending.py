"""May marketing be sent at this time, to these people? What the text cannot show has to be given."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ragmarket.compliance.registers import Registers
from ragmarket.knowledge.findings import explained
from ragmarket.schemas.base import Channel
from ragmarket.schemas.compliance import Finding

INDIA = ZoneInfo("Asia/Kolkata")


def check_sending(
    channel: Channel,
    registers: Registers,
    *,
    send_at: datetime | None,
    consent: bool | None = None,
    barred: bool | None = None,
) -> tuple[Finding, ...]:
    """Hours and consent of one sending.

    Args:
        channel: Where the message goes.
        registers: The hours.
        send_at: When it is sent; without a zone it is Indian time. None leaves the hours to the scheduler, and says so.
        consent: Whether the recipients agreed to marketing; None is not known.
        barred: Whether they barred it (DND); None is not known.

    Returns:
        Findings; what cannot be decided is for review and says "inconclusive".
    """
    found: list[Finding] = []
    if send_at is None:
        found.append(_finding("channel.sending_hours", "review", "inconclusive: the time of sending was not given"))
    else:
        local = send_at.replace(tzinfo=INDIA) if send_at.tzinfo is None else send_at.astimezone(INDIA)
        for window in registers.windows:
            if channel not in window.channels or not window.in_force(local.date()):
                continue
            if not window.opens <= local.time() < window.closes:
                hours = f"{window.opens:%H:%M} to {window.closes:%H:%M} IST"
                message = f"{local:%Y-%m-%d %H:%M} IST is outside {hours}"
                found.append(
                    Finding(
                        rule="channel.sending_hours",
                        severity="block",
                        message=message,
                        authority=window.authority,
                        in_force_from=window.effective_from,
                        confidence=window.confidence,
                    )
                )
    if barred:
        found.append(_finding("channel.consent", "block", "the recipients have barred marketing (DND)"))
    if consent is False:
        found.append(_finding("channel.consent", "block", "the recipients have not agreed to marketing"))
    unknown = [name for name, value in (("consent", consent), ("preference (DND)", barred)) if value is None]
    if unknown:
        note = f"inconclusive: the recipients' {' and '.join(unknown)} was not given"
        found.append(_finding("channel.consent", "review", note))
    return tuple(explained(one) for one in found)


def _finding(rule: str, severity: str, message: str) -> Finding:
    return Finding.model_validate({"rule": rule, "severity": severity, "message": message})
