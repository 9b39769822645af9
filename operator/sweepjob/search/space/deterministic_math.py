"""Elementary functions that give the same bits on every machine.

The C library's exp, log and pow differ in the last bit between systems, and so would the proposals of
a seed; scipy and numpy call it. Decimal arithmetic is correctly rounded by definition.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal

_CONTEXT = Context(prec=40, traps=[])
_LARGEST = math.nextafter(math.inf, 0.0)
_SMALLEST = math.nextafter(0.0, 1.0)

# Numerators and denominators of Wichura's three rational approximations, lowest power first.
_CENTRE = (
    (
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
        1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
        3.3430575583588128105e4, 2.5090809287301226727e3,
    ),
    (
        1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
        5.2264952788528545610e3,
    ),
)  # fmt: skip
_SHOULDER = (
    (
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
        3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ),
    (
        1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)  # fmt: skip
_TAIL = (
    (
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
        2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ),
    (
        1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)  # fmt: skip


def power(base: float, exponent: float) -> float:
    """Return ``base ** exponent``, correctly rounded and clipped to the positive finite floats.

    Args:
        base: above 0.
        exponent: any finite number.
    """
    logarithm = Decimal(exponent)
    if base != math.e:
        logarithm = _CONTEXT.multiply(logarithm, _CONTEXT.ln(Decimal(base)))
    value = float(_CONTEXT.exp(logarithm))
    return min(max(value, _SMALLEST), _LARGEST)


def exponent_within(value: float, base: float, *, up: bool) -> float:
    """Return the exponent of a value, rounded so that its power does not fall short of the value.

    Args:
        value: above 0.
        base: above 0 and not 1.
        up: whether the power is to be at least the value; otherwise at most.
    """
    logarithm = _CONTEXT.ln(Decimal(value))
    if base != math.e:
        logarithm = _CONTEXT.divide(logarithm, _CONTEXT.ln(Decimal(base)))
    exponent = float(logarithm)
    away = math.inf if up == (base > 1) else -math.inf
    while (power(base, exponent) < value) if up else (power(base, exponent) > value):
        exponent = math.nextafter(exponent, away)
    return exponent


def normal_quantile(u: float) -> float:
    """Return the standard normal's quantile function to about 16 digits.

    Source: Wichura (1988), Algorithm AS 241 (PPND16), Applied Statistics 37(3).

    Args:
        u: 0 < u < 1.
    """
    centred = u - 0.5
    if abs(centred) <= 0.425:
        return centred * _ratio(_CENTRE, 0.180625 - centred * centred)
    tail = u if centred < 0 else 1.0 - u
    depth = math.sqrt(-float(_CONTEXT.ln(Decimal(tail))))
    value = _ratio(_SHOULDER, depth - 1.6) if depth <= 5.0 else _ratio(_TAIL, depth - 5.0)
    return math.copysign(value, centred)


def _ratio(tables: tuple[tuple[float, ...], tuple[float, ...]], x: float) -> float:
    numerator, denominator = (_polynomial(table, x) for table in tables)
    return numerator / denominator


def _polynomial(coefficients: tuple[float, ...], x: float) -> float:
    total = 0.0
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total
