INSERT INTO item (name, stock, price) VALUES
    ('tea', 3, 350),
    ('coffee', 5, 420),
    ('cocoa', 0, 390),
    ('hot milk, "white"', 1, 280);

INSERT INTO sale (item, count) VALUES
    ('tea', 2),
    ('coffee', 4),
    ('tea', 2),
    ('hot milk, "white"', 1);
