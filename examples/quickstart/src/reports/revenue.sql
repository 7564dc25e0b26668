SELECT item, sum(count) AS sold, printf('%.2f', sum(count * price) / 100.0) AS euros
FROM sale JOIN item ON item.name = sale.item
GROUP BY item
ORDER BY item;
