SELECT name, stock
FROM item
WHERE stock < 5
ORDER BY name;
