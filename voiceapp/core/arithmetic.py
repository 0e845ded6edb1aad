"""Sums as people write and say them: "12 * 7", "3,5 + 1.000", "twelve times seven", "20 Prozent von 50".

Decimal arithmetic, so that 0.1 + 0.2 is 0.3. Nothing is evaluated that is not a number, one of five operations or a
square root, and everything is bounded: a model's argument may be anything.
"""

from __future__ import annotations

import ast
import re
from decimal import Context, Decimal, DecimalException
from gettext import gettext as _

from text_to_num import alpha2digit

from voiceapp.core.errors import ToolError

EXPRESSION_LIMIT_CHARS = 200
_DIGITS = 28
_LARGEST_EXPONENT = 300
_EXACT = Context(prec=_DIGITS, Emax=_LARGEST_EXPONENT, Emin=-_LARGEST_EXPONENT)

_SPOKEN = (
    (r"(?:the )?square root of|(?:die )?(?:quadrat)?wurzel (?:aus|von)|√", " sqrt "),
    (r"to the power of|raised to|hoch|\^", "**"),
    (r"squared|zum quadrat", "**2"),
    (r"cubed", "**3"),
    (r"(?:percent|per cent|prozent|%) ?(?:of|von|vom)", "/100*"),
    (r"modulo|mod", "%"),
    (r"%(?! *[\d(])|percent|per cent|prozent", " percent "),
    (r"multiplied by|times|mal|×|·", "*"),
    (r"divided by|geteilt durch|dividiert durch|durch|over|÷|:", "/"),
    (r"plus|und|and", "+"),
    (r"minus|less|weniger|−|–", "-"),
    (r"\bpi\b|π", "3.14159265358979323846264338"),
    (r"^(?:what(?:'s| is)|how much is|calculate|was ist|wie viel ist|wieviel ist|berechne|=)\s*", ""),
    (r"[=?]\s*$", ""),
)
_NUMBER = re.compile(r"\d[\d.,\u202f'’]*\d|\d")


def evaluate(expression: str) -> Decimal:
    """Return the value of *expression*; raises ToolError with what is wrong with it."""
    if len(expression) > EXPRESSION_LIMIT_CHARS:
        raise ToolError(_("The expression is too long; write it in at most {n} characters.").format(n=200))
    formula = _formula(expression)
    try:
        tree = ast.parse(formula.strip(), mode="eval")
        return +_value(tree.body)
    except ZeroDivisionError:
        raise ToolError(_("Division by zero has no result.")) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ToolError(
            _("This is not an arithmetic expression. Use numbers, + - * / ^ %, sqrt and parentheses.")
        ) from None
    except DecimalException:
        raise ToolError(_("The result is too large, too small or not a real number.")) from None


def spelled_numbers(text: str, language: str = "") -> str:
    """Return *text* with number words as digits ("twenty five" → "25"). *language* "en", "de" or empty for both."""
    for code in (language,) if language else ("en", "de"):
        text = alpha2digit(text, code, 0.0)
    return text


def plain_number(text: str) -> str:
    """Return a number without separators of thousands and with a decimal point: "1.000,5" → "1000.5"."""
    text = re.sub(r"[\u202f'’]", "", text)
    comma, point = text.rfind(","), text.rfind(".")
    if comma >= 0 and point >= 0:
        thousands = "," if point > comma else "."
        return text.replace(thousands, "").replace(",", ".")
    if comma >= 0:
        is_thousands = re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", text) is not None
        return text.replace(",", "" if is_thousands else ".")
    return text.replace(".", "") if text.count(".") > 1 else text


def shown(value: Decimal) -> str:
    """Return *value* as it is shown: at most 12 significant digits, no needless zeros."""
    rounded = Context(prec=12).plus(value)
    if not rounded:
        return "0"
    if not -7 < rounded.adjusted() < 16:
        return f"{rounded.normalize():e}"
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _formula(expression: str) -> str:
    text = spelled_numbers(expression.lower().strip())
    text = _NUMBER.sub(lambda found: plain_number(found[0]), text)
    for pattern, replacement in _SPOKEN:
        text = re.sub(rf"(?<![a-z])(?:{pattern})(?![a-z])", replacement, text)
    text = re.sub(r"(\d+(?:\.\d+)?|\)) *percent", r"percent(\1)", text)
    text = re.sub(r"sqrt *(\d+(?:\.\d+)?)", r"sqrt(\1)", text)
    return re.sub(r"\d+(?:\.\d+)?", lambda found: f"{found[0]}" if len(found[0]) <= _DIGITS else "x", text)


def _value(node: ast.expr) -> Decimal:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Decimal(repr(number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.Call(func=ast.Name(id="sqrt"), args=[argument], keywords=[]):
            return _EXACT.sqrt(_value(argument))
        case ast.Call(func=ast.Name(id="percent"), args=[argument], keywords=[]):
            return _EXACT.divide(_value(argument), Decimal(100))
        case ast.BinOp(left=left, op=operation, right=right):
            return _operation(operation, _value(left), _value(right), is_percent=_is_percent(right))
        case _:
            raise ValueError("not arithmetic")


def _is_percent(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "percent"


def _operation(operation: ast.operator, left: Decimal, right: Decimal, *, is_percent: bool) -> Decimal:
    if is_percent and isinstance(operation, ast.Add | ast.Sub):
        right = _EXACT.multiply(left, right)  # "50 + 20 %" is 60 for everybody
    match operation:
        case ast.Add():
            return _EXACT.add(left, right)
        case ast.Sub():
            return _EXACT.subtract(left, right)
        case ast.Mult():
            return _EXACT.multiply(left, right)
        case ast.Div():
            if not right:
                raise ZeroDivisionError
            return _EXACT.divide(left, right)
        case ast.Mod():
            if not right:
                raise ZeroDivisionError
            return _EXACT.remainder(left, right)
        case ast.Pow():
            return _EXACT.power(left, right)
        case _:
            raise ValueError("not arithmetic")
