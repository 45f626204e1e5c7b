"""What a test asked to go wrong: the rules that a request meets, and the magic in keys and prompts."""

from __future__ import annotations

from mockkrea.core.clock import SECOND_US
from mockkrea.core.errors import InsufficientBalance, MisspeltMagic, Unauthorized
from mockkrea.core.fault_commands import MeetFaults
from mockkrea.core.faults import Effect, FaultTriggered, FiredFault
from mockkrea.core.jobs import Job, Order
from mockkrea.core.magic import MARK, KeyWord, key_word, nearest_key_word, read_directives
from mockkrea.core.matching import RuleSubject
from mockkrea.core.workspaces import KEY_MARK
from mockkrea.tenant import Tenant


async def fault_on(tenant: Tenant, asked: RuleSubject) -> FiredFault | None:
    """The fault that this request meets, if any."""
    if not await tenant.look_up_faults(lambda rules: rules.concern(asked)):
        return None
    return await tenant.execute(MeetFaults(asked))


def magic_of_key(tenant: Tenant, api_token: str | None) -> KeyWord | None:
    """The magic word of a key such as `mk_NAME:viewer`.

    Raises:
        Unauthorized: it says that it is revoked.
        MisspeltMagic: it nearly has a magic word.
    """
    if api_token is None or not tenant.settings.magic or not api_token.startswith(KEY_MARK):
        return None
    start, _, behind_colon = api_token.partition(":")
    word = key_word(behind_colon)
    if word is KeyWord.REVOKED:
        raise Unauthorized("The key says that it is revoked.").as_provoked()
    if word is None and not tenant.names_token(behind_colon) and (nearest := nearest_key_word(behind_colon)):
        raise MisspeltMagic(
            f"{start}:… is a key with a magic word misspelt: did you mean {start}:{nearest}?"
            " --no-magic turns the words off."
        )
    return word


class DirectedOrder:
    """An order with the magic of its prompt. Submit `order`, then call `end`."""

    __slots__ = ("_effect", "order")

    def __init__(self, order: Order, effect: Effect | None) -> None:
        self.order = order
        self._effect = effect

    def end(self, job: Job) -> None:
        """The order was taken: this is its job, of several the first.

        Raises:
            FaultTriggered: its prompt asked for the answer to be lost or replaced.
        """
        if self._effect is not None:
            raise FaultTriggered(self._effect, job.id)


async def apply_directives(tenant: Tenant, order: Order, word: KeyWord | None) -> DirectedOrder:
    """The order as the magic in prompt and key wants it.

    Raises:
        InsufficientBalance: the key says that nothing is left.
        FaultTriggered: the prompt asked for something else than the order's being taken.
        InvalidInput: there is no such magic.
        ServerStops: the prompt asked for a latency, and the server stops before its end.
    """
    prompt = order.input.get("prompt")
    effect = None
    if isinstance(prompt, str) and MARK in prompt and tenant.settings.magic:
        outcome, effect = read_directives(prompt)
        order = order._replace(outcome=outcome)
    if word is KeyWord.INSUFFICIENT:
        raise InsufficientBalance(
            "The key says that its workspace has nothing left.",
            unit=order.unit,
            needed=order.amount,
            available=0,
        ).as_provoked()
    if effect is not None:
        if effect.latency_us:
            await tenant.shutdown.sleep(effect.latency_us / SECOND_US)
            tenant.shutdown.check()
        if not effect.lets_apply:
            raise FaultTriggered(effect)
        if not (effect.has_answer or effect.is_silent):
            effect = None
    return DirectedOrder(order, effect)
