"""Makes the tables of the story `houses`: invented houses, with a price that follows a known rule and a known noise.

They have the 81 columns, the levels and the missing values of the table that Kaggle's competition "House Prices" hands out, and none
of its rows: every entry is drawn here, from shares that were guessed. ``train.csv`` has prices, ``test.csv`` has none, and
``answers.csv`` has the prices that a competition would keep to itself.

    python demos/data/houses/make.py

writes the three files anew, byte for byte as they stand: numpy keeps the numbers of a `RandomState` the same for ever.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["COLUMNS", "NOISE", "houses", "log_price", "write"]

TRAIN, TEST, SEED = 300, 150, 13
NOISE = 0.1  # the standard deviation of log(price) around the rule

SCHEMA = """
Id MSSubClass MSZoning LotFrontage LotArea Street Alley LotShape LandContour Utilities LotConfig LandSlope Neighborhood Condition1
Condition2 BldgType HouseStyle OverallQual OverallCond YearBuilt YearRemodAdd RoofStyle RoofMatl Exterior1st Exterior2nd MasVnrType
MasVnrArea ExterQual ExterCond Foundation BsmtQual BsmtCond BsmtExposure BsmtFinType1 BsmtFinSF1 BsmtFinType2 BsmtFinSF2 BsmtUnfSF
TotalBsmtSF Heating HeatingQC CentralAir Electrical 1stFlrSF 2ndFlrSF LowQualFinSF GrLivArea BsmtFullBath BsmtHalfBath FullBath HalfBath
BedroomAbvGr KitchenAbvGr KitchenQual TotRmsAbvGrd Functional Fireplaces FireplaceQu GarageType GarageYrBlt GarageFinish GarageCars
GarageArea GarageQual GarageCond PavedDrive WoodDeckSF OpenPorchSF EnclosedPorch 3SsnPorch ScreenPorch PoolArea PoolQC Fence MiscFeature
MiscVal MoSold YrSold SaleType SaleCondition SalePrice
"""
COLUMNS = SCHEMA.split()

# Levels and their shares, of what hangs on nothing else; NA is missing.
FREE = {
    "MSZoning": "RL 78|RM 14|FV 5|RH 2|C (all) 1",
    "Street": "Pave 99|Grvl 1",
    "Alley": "NA 93|Grvl 4|Pave 3",
    "LotShape": "Reg 63|IR1 32|IR2 4|IR3 1",
    "LandContour": "Lvl 90|Bnk 4|HLS 4|Low 2",
    "Utilities": "AllPub 199|NoSeWa 1",
    "LotConfig": "Inside 72|Corner 18|CulDSac 6|FR2 3|FR3 1",
    "LandSlope": "Gtl 94|Mod 5|Sev 1",
    "Condition1": "Norm 86|Feedr 5|Artery 3|RRAn 2|PosN 2|RRAe 1|PosA 1|RRNn 1|RRNe 1",
    "Condition2": "Norm 97|Feedr 1|Artery 1|PosN 1|RRNn 1",
    "RoofStyle": "Gable 78|Hip 19|Flat 1|Gambrel 1|Mansard 1|Shed 1",
    "RoofMatl": "CompShg 97|Tar&Grv 1|WdShngl 1|WdShake 1",
    "Exterior1st": "VinylSd 35|HdBoard 15|MetalSd 15|Wd Sdng 14|Plywood 7|CemntBd 4|BrkFace 4|WdShing 2|Stucco 2|AsbShng 2",
    "ExterCond": "TA 88|Gd 10|Fa 2|Ex 1",
    "BsmtCond": "TA 91|Gd 5|Fa 3|Po 1",
    "BsmtExposure": "No 66|Av 16|Gd 9|Mn 8|NA 1",
    "Heating": "GasA 97|GasW 1|Grav 1|Wall 1",
    "Electrical": "SBrkr 91|FuseA 6|FuseF 2|FuseP 1|NA 1",
    "Functional": "Typ 93|Min2 2|Min1 2|Mod 1|Maj1 1|Maj2 1",
    "GarageQual": "TA 95|Fa 3|Gd 1|Po 1",
    "GarageCond": "TA 96|Fa 2|Gd 1|Po 1",
    "PavedDrive": "Y 92|N 6|P 2",
    "Fence": "NA 81|MnPrv 11|GdPrv 4|GdWo 3|MnWw 1",
    "MiscFeature": "NA 96|Shed 3|Gar2 1|Othr 1",
    "SaleCondition": "Normal 82|Partial 8|Abnorml 7|Family 2|Alloca 1|AdjLand 1",
}
# What a place, a state or a sale adds to log(price); what is not named adds nothing.
WORTH = {
    "Neighborhood": {
        "Blmngtn": 0.04, "Blueste": -0.04, "BrDale": -0.17, "BrkSide": -0.06, "ClearCr": 0.08, "CollgCr": 0.03, "Crawfor": 0.13,
        "Edwards": -0.11, "Gilbert": 0.01, "IDOTRR": -0.2, "MeadowV": -0.23, "Mitchel": -0.05, "NAmes": -0.04, "NoRidge": 0.2,
        "NPkVill": -0.05, "NridgHt": 0.22, "NWAmes": -0.02, "OldTown": -0.14, "SWISU": -0.1, "Sawyer": -0.06, "SawyerW": 0.0,
        "Somerst": 0.11, "StoneBr": 0.26, "Timber": 0.07, "Veenker": 0.1,
    },
    "KitchenQual": {"Ex": 0.12, "Gd": 0.04, "Fa": -0.08},
    "BsmtQual": {"Ex": 0.08, "Gd": 0.03, "NA": -0.12},
    "GarageFinish": {"Fin": 0.04, "NA": -0.06},
    "CentralAir": {"N": -0.12},
    "Functional": {"Maj1": -0.15, "Maj2": -0.25, "Mod": -0.08},
    "SaleCondition": {"Abnorml": -0.1, "Partial": 0.08, "Family": -0.05},
}  # fmt: skip
# What one more of it adds to log(price).
EACH = {"OverallQual": 0.075, "OverallCond": 0.04, "GarageCars": 0.05, "Fireplaces": 0.04, "TotalBsmtSF": 1e-4, "WoodDeckSF": 1e-4}


def log_price(house: dict[str, Any]) -> float:
    """The rule, without noise. Areas count by their logarithm and age by the year, so that a linear model is close but not right."""
    worth = 11.25 + sum(house[column] * each for column, each in EACH.items())
    worth += sum(levels.get(house[column], 0.0) for column, levels in WORTH.items())
    worth += 0.45 * math.log(house["GrLivArea"] / 1500) + 0.1 * math.log(house["LotArea"] / 10000)
    return worth - 0.0025 * (house["YrSold"] - house["YearBuilt"])


def houses() -> list[dict[str, Any]]:
    """All houses, in the order of their Ids, with noisy prices rounded to hundreds."""
    random = np.random.RandomState(SEED)
    made = []
    for i in range(1, TRAIN + TEST + 1):
        house = _house(random)
        house["SalePrice"] = 100 * round(math.exp(log_price(house) + NOISE * random.normal()) / 100)
        for column in ("MSZoning", "SaleType", "KitchenQual", "Exterior1st") if i > TRAIN else ():  # clerks forget, now and then
            if random.uniform() < 0.01:
                house[column] = "NA"
        made.append({"Id": i, **house})
    return made


def _house(random: np.random.RandomState) -> dict[str, Any]:
    def pick(levels: str) -> str:
        names, shares = zip(*(level.rsplit(" ", 1) for level in levels.split("|")))
        weights = np.array(shares, dtype=np.float64)
        return str(names[random.choice(len(names), p=weights / weights.sum())])

    def about(mean: float, spread: float, low: float, high: float) -> int:
        return int(min(high, max(low, round(random.normal(mean, spread)))))

    def chance(share: float) -> bool:
        return bool(random.uniform() < share)

    def grade(standard: float) -> str:
        return ("Fa", "TA", "Gd", "Ex")[about(1.5 + standard, 0.6, 0, 3)]

    house: dict[str, Any] = {column: pick(levels) for column, levels in FREE.items()}

    # Time, standard (0 on average) and size, on which most of the rest hangs.
    sold = about(2008, 1.3, 2006, 2010)
    built = sold - int(min(130, random.exponential(36)))
    standard = 0.7 - (sold - built) / 50 + random.normal(0, 0.8)
    size = math.exp(random.normal(7.25 + 0.15 * standard, 0.26))
    upstairs = pick("1Story 50|2Story 30|1.5Fin 10|SLvl 4|SFoyer 3|2.5Unf 1|1.5Unf 1|2.5Fin 1")
    house["HouseStyle"], house["BldgType"] = upstairs, pick("1Fam 84|TwnhsE 8|Duplex 4|Twnhs 3|2fmCon 2")
    second = round(size * random.uniform(0.35, 0.5)) if upstairs[0] in "2" or upstairs == "1.5Fin" else 0
    low = about(300, 100, 80, 500) if chance(0.02) else 0
    first = round(size) - second
    house |= {"1stFlrSF": first, "2ndFlrSF": second, "LowQualFinSF": low, "GrLivArea": first + second + low}
    old = sold - built > 60
    codes = {"1Story": 30 if old else 20, "2Story": 70 if old else 60, "1.5Fin": 50, "1.5Unf": 45, "SLvl": 80, "SFoyer": 85}
    others = {"1Fam": codes.get(upstairs, 75), "TwnhsE": 120, "Twnhs": 160, "Duplex": 90, "2fmCon": 190}
    house["MSSubClass"] = others[house["BldgType"]]
    house["LotArea"] = round(math.exp(random.normal(9.1 + 0.15 * math.log(size / 1500), 0.42)))
    house["LotFrontage"] = "NA" if chance(0.18) else about(8 + 0.65 * math.sqrt(house["LotArea"]), 14, 21, 200)
    house |= {"OverallQual": about(6 + 1.3 * standard, 0.6, 1, 10), "OverallCond": about(5.6, 1.1, 1, 9), "YearBuilt": built}
    house["YearRemodAdd"] = about(random.uniform(max(built, 1950), sold), 0, 1950, sold) if chance(0.45) else max(built, 1950)

    # The better the standard, the dearer the neighbourhood, by and large.
    places = sorted(WORTH["Neighborhood"], key=WORTH["Neighborhood"].__getitem__)
    house["Neighborhood"] = places[about(12 + 4 * standard, 6, 0, len(places) - 1)]

    # Outside.
    house["Exterior2nd"] = house["Exterior1st"] if chance(0.9) else pick("VinylSd 3|Plywood 2|Wd Shng 2|CmentBd 1|Brk Cmn 1")
    house["MasVnrType"] = pick("None 59|BrkFace 31|Stone 9|BrkCmn 1|NA 1")
    bare = {"None": 0, "NA": "NA"}
    house["MasVnrArea"] = bare.get(house["MasVnrType"], about(250, 150, 20, 1200))
    house |= {"ExterQual": grade(standard), "KitchenQual": grade(standard), "HeatingQC": grade(standard + 0.5)}
    house["Foundation"] = "PConc" if built > 1985 else pick("CBlock 60|BrkTil 25|PConc 12|Slab 2|Stone 1")
    house["CentralAir"] = "N" if chance(0.2 if old else 0.02) else "Y"

    # The basement: some have none, and all that could be said of it is missing.
    house["BsmtQual"], finished, second_finished = grade(standard), 0, 0
    area = about(0.85 * first, 120, 100, 3000)
    house["BsmtFinType1"], house["BsmtFinType2"] = pick("Unf 30|GLQ 29|ALQ 16|BLQ 11|Rec 9|LwQ 5"), "Unf"
    if house["BsmtFinType1"] != "Unf":
        finished = round(area * random.uniform(0.2, 0.95))
        if chance(0.12):
            house["BsmtFinType2"], second_finished = (
                pick("Rec 4|LwQ 3|BLQ 2|ALQ 1|GLQ 1"),
                round((area - finished) * random.uniform(0.2, 0.9)),
            )
    if chance(0.03):
        house |= dict.fromkeys(("BsmtQual", "BsmtCond", "BsmtExposure", "BsmtFinType1", "BsmtFinType2"), "NA")
        area = finished = second_finished = 0
    house |= {"BsmtFinSF1": finished, "BsmtFinSF2": second_finished, "BsmtUnfSF": area - finished - second_finished, "TotalBsmtSF": area}
    house |= {"BsmtFullBath": int(finished > 0 and chance(0.6)), "BsmtHalfBath": int(finished > 0 and chance(0.08))}

    # Rooms.
    rooms = about(size / 250 + 0.5, 0.9, 3, 14)
    house |= {"FullBath": about(size / 1000 + 0.1, 0.4, 1, 3), "HalfBath": int(second > 0 and chance(0.7)), "TotRmsAbvGrd": rooms}
    house |= {"BedroomAbvGr": about(rooms / 2.2, 0.5, 1, 6), "KitchenAbvGr": 2 if house["BldgType"] == "Duplex" else 1}
    house["Fireplaces"] = about(0.6 + 0.35 * standard, 0.6, 0, 3)
    house["FireplaceQu"] = pick("Gd 50|TA 40|Fa 4|Ex 3|Po 3") if house["Fireplaces"] else "NA"

    # The garage, or none.
    cars = 0 if chance(0.055) else about(1.8 + 0.4 * standard, 0.5, 1, 4)
    house |= {"GarageCars": cars, "GarageArea": cars and about(250 * cars + 20, 50, 160, 1400)}
    house |= {"GarageType": pick("Attchd 63|Detchd 27|BuiltIn 6|Basment 2|CarPort 1|2Types 1"), "GarageYrBlt": about(built, 0, built, sold)}
    house["GarageFinish"] = pick("Fin 50|RFn 40|Unf 10" if standard > 0.7 else "Unf 60|RFn 28|Fin 12")
    if not cars:
        house |= dict.fromkeys(("GarageType", "GarageYrBlt", "GarageFinish", "GarageQual", "GarageCond"), "NA")

    # Around the house, and the sale.
    for column, share, typical in (("WoodDeckSF", 0.48, 190), ("OpenPorchSF", 0.55, 80), ("EnclosedPorch", 0.14, 150),
                                   ("3SsnPorch", 0.02, 200), ("ScreenPorch", 0.08, 190), ("PoolArea", 0.006, 550)):  # fmt: skip
        house[column] = about(typical, 0.4 * typical, 12, 5 * typical) if chance(share) else 0
    house["PoolQC"] = pick("Ex 1|Gd 1|Fa 1") if house["PoolArea"] else "NA"
    house["MiscVal"] = 0 if house["MiscFeature"] == "NA" else 50 * about(12, 6, 1, 60)
    house |= {"MoSold": about(6.3, 2.6, 1, 12), "YrSold": sold, "SaleType": pick("WD 90|COD 4|ConLD 1|CWD 1|Oth 1")}
    if house["SaleCondition"] == "Partial":
        house["SaleType"] = "New"
    return house


def write(directory: Path) -> None:
    """Write ``train.csv``, ``test.csv`` and ``answers.csv`` into ``directory``."""
    made = houses()
    for name, rows, columns in (
        ("train.csv", made[:TRAIN], COLUMNS),
        ("test.csv", made[TRAIN:], COLUMNS[:-1]),
        ("answers.csv", made[TRAIN:], ["Id", "SalePrice"]),
    ):
        with (directory / name).open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(columns)
            table.writerows([house[column] for column in columns] for house in rows)


if __name__ == "__main__":
    write(Path(__file__).parent)
