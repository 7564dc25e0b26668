SELECT item, sum(count) AS sold
FROM sale
GROUP BY item
ORDER BY sold DESC, item;
