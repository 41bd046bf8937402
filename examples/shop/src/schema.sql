BEGIN IMMEDIATE;

CREATE TABLE IF NOT EXISTS products (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
    stock       INTEGER NOT NULL CHECK (stock >= 0)
) STRICT;

CREATE TABLE IF NOT EXISTS orders (
    id            INTEGER PRIMARY KEY,
    product_id    INTEGER NOT NULL REFERENCES products (id),
    quantity      INTEGER NOT NULL CHECK (quantity > 0),
    amount_cents  INTEGER NOT NULL CHECK (amount_cents >= 0),
    user_id       INTEGER NOT NULL,
    state         TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'paying', 'paid')),
    -- which claim on the payment is the current one, and until when it holds (milliseconds since 1970)
    claim         INTEGER NOT NULL DEFAULT 0,
    claimed_until INTEGER NOT NULL DEFAULT 0
) STRICT;

-- a shop that was opened before keeps its stock
INSERT INTO products (id, name, price_cents, stock) VALUES
    (1,  'Espresso beans, 1 kg',      1890, 1000000),
    (2,  'Filter coffee, 500 g',      1050, 1000000),
    (3,  'Green tea, 100 g',           790, 1000000),
    (4,  'Black tea, 100 g',           690, 1000000),
    (5,  'Teapot',                    3490, 1000000),
    (6,  'Mug',                       1290, 1000000),
    (7,  'Espresso cup, set of two',  1890, 1000000),
    (8,  'Hand grinder',              5990, 1000000),
    (9,  'Pour-over stand',           2490, 1000000),
    (10, 'Paper filters, 100',         450, 1000000),
    (11, 'Kettle',                    4990, 1000000),
    (12, 'Scales',                    2990, 1000000),
    (13, 'French press',              3290, 1000000),
    (14, 'Milk jug',                  1590, 1000000),
    (15, 'Oat drink, 1 l',             229, 1000000),
    (16, 'Cane sugar, 500 g',          349, 1000000),
    (17, 'Shortbread',                 499, 1000000),
    (18, 'Dark chocolate',             329, 1000000),
    (19, 'Gift card',                 2500, 1000000),
    (20, 'Lever machine, last ones', 89900, 3)
ON CONFLICT (id) DO NOTHING;

COMMIT;
